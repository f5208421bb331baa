variable "release" {
  description = "What people call this version."
  type        = string
}

variable "program" {
  description = "Text of the program that node runs."
  type        = string
}

variable "products" {
  description = "JSON list of what is sold: id, name, price."
  type        = string

  validation {
    condition     = can(jsondecode(var.products))
    error_message = "products is not JSON."
  }
}

variable "home" {
  type = string
}

variable "host" {
  type = string
}

variable "port" {
  type = number
}

variable "orders" {
  description = "File of JSON lines that orders are appended to."
  type        = string
}
