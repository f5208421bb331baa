variable "cairn_state" {
  description = "Where the states of the projects this one depends on are, set by Cairn: {\"network\": {\"backend\": ..., \"config\": {...}}}."
  type        = any
  default     = {}
}
