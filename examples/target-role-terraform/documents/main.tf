# Names and policies of the two roles, by nothing but their arguments. `cairn target-role` prints the same.

locals {
  slug = trim(replace(lower(var.repository), "/[^a-z0-9]+/", "-"), "-")
  hash = substr(sha256("${lower(var.repository)}:${var.environment}"), 0, 8)

  # At most 64 characters each; what is too long is cut before the hash.
  readable = {
    job    = "cairn-job-${local.slug}-${var.environment}"
    target = "cairn-target-${local.slug}-${var.environment}"
  }
  tails = { for end in ["pr-plan", "deploy-plan", "plan", "apply"] : end => "-${local.hash}-${end}" }
  names = {
    for kind, text in local.readable : kind => {
      for end, tail in local.tails : end => "${replace(substr(text, 0, 64 - length(tail)), "/[-.]+$/", "")}${tail}"
    }
  }

  trusted = {
    plan  = ["pr-plan", "deploy-plan"]
    apply = ["apply"]
  }
  what = {
    plan  = "plans"
    apply = "applies"
  }

  buckets = [for bucket in var.state_buckets : "arn:${var.partition}:s3:::${bucket}"]

  states = {
    plan  = { sid = "ReadStates", actions = ["s3:GetObject"] }
    apply = { sid = "WriteStates", actions = ["s3:GetObject", "s3:PutObject"] }
  }
  state_statements = {
    for kind, states in local.states : kind => length(local.buckets) == 0 ? [] : [
      {
        Sid      = "ListStates"
        Effect   = "Allow"
        Action   = ["s3:ListBucket"]
        Resource = local.buckets
      },
      {
        Sid      = states.sid
        Effect   = "Allow"
        Action   = states.actions
        Resource = [for arn in local.buckets : "${arn}/*"]
      },
      # The lock of a state is an object beside it (`use_lockfile`).
      {
        Sid      = "LockStates"
        Effect   = "Allow"
        Action   = ["s3:DeleteObject", "s3:GetObject", "s3:PutObject"]
        Resource = [for arn in local.buckets : "${arn}/*.tflock"]
      },
    ]
  }

  # What ReadOnlyAccess allows and no plan needs: reading data that somebody stored, not what there is.
  no_stored_data = {
    Sid    = "NoStoredData"
    Effect = "Deny"
    Action = [
      "athena:GetQueryResults",
      "dynamodb:PartiQLSelect",
      "dynamodb:Query",
      "dynamodb:Scan",
      "ec2:GetConsoleOutput",
      "ec2:GetConsoleScreenshot",
      "ec2:GetPasswordData",
      "kinesis:GetRecords",
      "logs:FilterLogEvents",
      "logs:GetLogEvents",
      "logs:StartQuery",
      "sqs:ReceiveMessage",
    ]
    Resource = ["*"]
  }
  statements = {
    plan  = concat(local.state_statements.plan, [local.no_stored_data])
    apply = local.state_statements.apply
  }
}
