output "roles" {
  value = {
    for kind, stages in local.trusted : kind => {
      name        = local.names.target[kind]
      description = "Cairn: what ${local.what[kind]} of ${var.repository} may do in ${var.environment}"

      # The account is the principal and the condition names the role: a role as principal is stored by its inner
      # id, so it would have to exist first, and made anew it would not be trusted any more.
      trust = jsonencode({
        Version = "2012-10-17"
        Statement = [{
          Sid       = "CairnJob"
          Effect    = "Allow"
          Principal = { AWS = "arn:${var.partition}:iam::${var.cairn_account}:root" }
          Action    = ["sts:AssumeRole"]
          Condition = {
            ArnEquals = {
              "aws:PrincipalArn" = [
                for stage in stages : "arn:${var.partition}:iam::${var.cairn_account}:role/${local.names.job[stage]}"
              ]
            }
            StringEquals = { "sts:ExternalId" = var.external_id }
          }
        }]
      })

      inline_policy = length(local.statements[kind]) == 0 ? null : jsonencode({
        Version   = "2012-10-17"
        Statement = local.statements[kind]
      })
    }
  }
}
