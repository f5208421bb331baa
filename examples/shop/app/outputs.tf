output "url" {
  value = module.shop.url
}

output "release" {
  value = module.shop.release
}
