# A program as a service on this machine: its files in a folder per release, and the process that runs them.

locals {
  # Other content is another folder, whatever the release is called.
  digest = substr(sha256("${var.program}\n${var.products}"), 0, 8)
  folder = "${var.home}/releases/${var.release}-${local.digest}"
}

resource "terraform_data" "release" {
  input            = { folder = local.folder, release = var.release }
  triggers_replace = [local.folder]

  # The checkout is gone after the job, so everything that runs later is copied, `control.mjs` too.
  provisioner "local-exec" {
    command = <<-EOT
      set -e
      mkdir -p "$FOLDER"
      printf '%s' "$PROGRAM" > "$FOLDER/server.mjs"
      printf '%s' "$PRODUCTS" > "$FOLDER/products.json"
      printf '%s' "$CONTROL" > "$FOLDER/control.mjs"
    EOT
    environment = {
      FOLDER   = self.input.folder
      PROGRAM  = var.program
      PRODUCTS = var.products
      CONTROL  = file("${path.module}/control.mjs")
    }
  }

  provisioner "local-exec" {
    when        = destroy
    command     = "rm -rf \"$FOLDER\"; rmdir \"$(dirname \"$FOLDER\")\" 2>/dev/null || true"
    environment = { FOLDER = self.input.folder }
  }
}

resource "terraform_data" "process" {
  input = {
    folder = terraform_data.release.output.folder
    home   = var.home
    url    = "http://${var.host}:${var.port}"
  }
  triggers_replace = [terraform_data.release.id, var.home, var.host, var.port, var.orders]

  # Fails, with the last lines of the program's log, if it does not answer /healthz in time.
  provisioner "local-exec" {
    command = "node \"$SHOP_FOLDER/control.mjs\" start"
    environment = {
      SHOP_FOLDER  = self.input.folder
      SHOP_HOME    = var.home
      SHOP_HOST    = var.host
      SHOP_PORT    = var.port
      SHOP_ORDERS  = var.orders
      SHOP_RELEASE = var.release
    }
  }

  provisioner "local-exec" {
    when    = destroy
    command = "if [ -e \"$SHOP_FOLDER/control.mjs\" ]; then node \"$SHOP_FOLDER/control.mjs\" stop; fi"
    environment = {
      SHOP_FOLDER = self.input.folder
      SHOP_HOME   = self.input.home
    }
  }
}
