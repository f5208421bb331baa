variable "repository" {
  description = "The repository that Cairn watches: owner/name."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9-]{1,39}/[A-Za-z0-9._-]{1,100}$", var.repository))
    error_message = "repository is written owner/name."
  }
}

variable "environment" {
  description = "Name of the environment in cairn.yaml."
  type        = string
}

variable "cairn_account" {
  description = "Account that Cairn itself is deployed into: 12 digits."
  type        = string

  validation {
    condition     = can(regex("^[0-9]{12}$", var.cairn_account))
    error_message = "cairn_account is 12 digits."
  }
}

variable "external_id" {
  description = "As in cairn.infra.yaml; `cairn target-role` shows it."
  type        = string
}

variable "apply_policies" {
  description = "ARNs of policies of the apply role: what deployments may do. As narrow as the environment allows."
  type        = list(string)
}

variable "plan_policies" {
  description = "ARNs of policies of the plan role. Default: ReadOnlyAccess. The code of pull requests runs with it."
  type        = list(string)
  default     = null
}

variable "state_buckets" {
  description = "Names of buckets of projects that keep their state themselves, in this account."
  type        = list(string)
  default     = []
}

variable "permission_boundary" {
  description = "ARN of a policy that both roles are bound by."
  type        = string
  default     = null
}

variable "session_seconds" {
  description = "Longest session. A job's session ends after an hour all the same and is renewed."
  type        = number
  default     = 3600
}

variable "partition" {
  description = "aws, aws-cn or aws-us-gov."
  type        = string
  default     = "aws"
}
