# Where the shop lives on this machine: a folder and an address.

terraform {
  required_version = ">= 1.4"
}

resource "terraform_data" "home" {
  input = var.shop_home

  # A folder is made once; another folder is another home.
  triggers_replace = [var.shop_home]

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
