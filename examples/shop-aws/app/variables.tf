variable "region" {
  type    = string
  default = "eu-west-1"
}

variable "shop" {
  description = "What the names of everything begin with."
  type        = string
  default     = "cairn-shop"
}

variable "cairn_state" {
  description = "Where the states of the projects this one depends on are, set by Cairn: {\"data\": {\"backend\": ..., \"config\": {...}}, \"release\": {...}}."
  type        = any
  default     = {}
}
