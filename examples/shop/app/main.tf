# The shop itself: a small HTTP service, released into the shop's home.

terraform {
  required_version = ">= 1.4"
}

data "terraform_remote_state" "data" {
  backend = var.cairn_state.data.backend
  config  = var.cairn_state.data.config
}

locals {
  data = data.terraform_remote_state.data.outputs
}

module "shop" {
  source = "../modules/service"

  release  = "1.0.0"
  program  = file("${path.module}/server.mjs")
  products = file("${path.module}/products.json")

  home   = local.data.network.home
  host   = local.data.network.host
  port   = local.data.network.port
  orders = local.data.orders
}
