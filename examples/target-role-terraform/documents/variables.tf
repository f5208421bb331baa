variable "repository" {
  type = string
}

variable "environment" {
  type = string
}

variable "cairn_account" {
  type = string
}

variable "external_id" {
  type = string
}

variable "state_buckets" {
  type = list(string)
}

variable "partition" {
  type = string
}
