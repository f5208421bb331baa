# `app` depends on this project alone, so what it needs of the network is handed on.

output "network" {
  value = {
    home = local.network.home
    host = local.network.host
    port = local.network.port
  }
}

output "orders" {
  value = module.store["orders"].file
}
