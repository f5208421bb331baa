# Where the shop lives on this machine: a folder and an address.

terraform {
  required_version = ">= 1.4"
}

locals {
  # An ephemeral environment has a home of its own.
  home = startswith(var.cairn_environment, "eph-") ? "${var.shop_home}-${var.cairn_environment}" : var.shop_home
}

resource "terraform_data" "home" {
  input = local.home

  # A folder is made once; another folder is another home.
  triggers_replace = [local.home]

  provisioner "local-exec" {
    command     = "mkdir -p \"$SHOP_HOME\""
    environment = { SHOP_HOME = self.input }
  }

  provisioner "local-exec" {
    when        = destroy
    command     = "rmdir \"$SHOP_HOME\" 2>/dev/null || echo \"$SHOP_HOME is not empty and is kept\""
    environment = { SHOP_HOME = self.input }
  }
}

resource "terraform_data" "address" {
  input = {
    host = "127.0.0.1"
    port = var.port
  }
}

# Notes that somebody leaves in the home by hand are nobody's deployment: `cairn drift` finds them.
resource "terraform_data" "notes" {
  input = sort(fileset(local.home, "*.txt"))
}
