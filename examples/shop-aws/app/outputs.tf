output "url" {
  # It ends with a slash.
  value = trimsuffix(aws_lambda_function_url.shop.function_url, "/")
}

output "release" {
  value = local.release.name
}
