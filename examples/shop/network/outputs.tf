output "home" {
  value = terraform_data.home.output
}

output "host" {
  value = terraform_data.address.output.host
}

output "port" {
  value = terraform_data.address.output.port
}
