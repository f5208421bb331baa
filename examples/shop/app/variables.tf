variable "cairn_state" {
  description = "Where the states of the projects this one depends on are, set by Cairn: {\"data\": {\"backend\": ..., \"config\": {...}}}."
  type        = any
  default     = {}
}
