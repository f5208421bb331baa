variable "shop_home" {
  description = "Folder outside of the checkout that holds what is deployed and what it stores."
  type        = string
  default     = "/tmp/cairn-shop"

  validation {
    condition     = startswith(var.shop_home, "/") && !strcontains(var.shop_home, "..")
    error_message = "shop_home is an absolute path, such as /tmp/cairn-shop."
  }
}

variable "port" {
  description = "Port on 127.0.0.1 that the shop answers on."
  type        = number
  default     = 8480

  validation {
    condition     = var.port >= 1024 && var.port <= 65535
    error_message = "port is between 1024 and 65535."
  }
}

variable "cairn_environment" {
  description = "Name of the environment, set by Cairn."
  type        = string
  default     = "local"
}
