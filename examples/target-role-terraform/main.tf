# The plan role and the apply role of one environment, in the account that it lives in.

terraform {
  required_version = ">= 1.4"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.0"
    }
  }
}

module "documents" {
  source = "./documents"

  repository    = var.repository
  environment   = var.environment
  cairn_account = var.cairn_account
  external_id   = var.external_id
  state_buckets = var.state_buckets
  partition     = var.partition
}

locals {
  attached = {
    plan  = coalesce(var.plan_policies, ["arn:${var.partition}:iam::aws:policy/ReadOnlyAccess"])
    apply = var.apply_policies
  }
  attachments = merge([
    for kind, policies in local.attached : {
      for number, arn in policies : "${kind}-${number + 1}" => { kind = kind, arn = arn }
    }
  ]...)
}

resource "aws_iam_role" "target" {
  for_each = module.documents.roles

  name                 = each.value.name
  description          = each.value.description
  assume_role_policy   = each.value.trust
  max_session_duration = var.session_seconds
  permissions_boundary = var.permission_boundary
}

resource "aws_iam_role_policy" "target" {
  for_each = { for kind, role in module.documents.roles : kind => role if role.inline_policy != null }

  name   = "cairn"
  role   = aws_iam_role.target[each.key].id
  policy = each.value.inline_policy
}

resource "aws_iam_role_policy_attachment" "target" {
  for_each = local.attachments

  role       = aws_iam_role.target[each.value.kind].name
  policy_arn = each.value.arn
}
