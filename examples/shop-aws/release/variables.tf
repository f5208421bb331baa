variable "region" {
  type    = string
  default = "eu-west-1"
}

variable "shop" {
  description = "What the names of everything begin with."
  type        = string
  default     = "cairn-shop"
}

# A pull request is planned without a build: until something was deployed, it sees these defaults.

variable "release_name" {
  description = "What people call this version, from the build."
  type        = string
  default     = "not built"
}

variable "release_zip" {
  description = "The program as a zip in base64, from the build."
  type        = string
  default     = ""
}

variable "release_digest" {
  description = "SHA-256 of the zip in base64url, from the build."
  type        = string
  default     = "none"
}
