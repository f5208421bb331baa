output "plan_role" {
  description = "plan_role in cairn.infra.yaml."
  value       = aws_iam_role.target["plan"].arn
}

output "apply_role" {
  description = "apply_role in cairn.infra.yaml."
  value       = aws_iam_role.target["apply"].arn
}
