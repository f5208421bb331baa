output "url" {
  value = terraform_data.process.output.url
}

output "release" {
  value = terraform_data.release.output.release
}
