# What outlives every deployment: the orders.

terraform {
  required_version = ">= 1.4"
}

data "terraform_remote_state" "network" {
  backend = var.cairn_state.network.backend
  config  = var.cairn_state.network.config
}

locals {
  network = data.terraform_remote_state.network.outputs
}

module "store" {
  source   = "../modules/store"
  for_each = toset(["orders"])

  folder = "${local.network.home}/data"
  name   = each.key
}
