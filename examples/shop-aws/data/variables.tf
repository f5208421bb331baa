variable "region" {
  type    = string
  default = "eu-west-1"
}

variable "shop" {
  description = "What the names of everything begin with."
  type        = string
  default     = "cairn-shop"
}
