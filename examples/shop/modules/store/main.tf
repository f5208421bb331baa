# A file of JSON lines. It is made empty if it is not there, and never emptied.

variable "folder" {
  type = string
}

variable "name" {
  type = string
}

resource "terraform_data" "file" {
  input            = "${var.folder}/${var.name}.jsonl"
  triggers_replace = [var.folder, var.name]

  provisioner "local-exec" {
    command     = "mkdir -p \"$(dirname \"$FILE\")\" && touch \"$FILE\""
    environment = { FILE = self.input }
  }

  provisioner "local-exec" {
    when        = destroy
    command     = "rm -f \"$FILE\"; rmdir \"$(dirname \"$FILE\")\" 2>/dev/null || true"
    environment = { FILE = self.input }
  }
}

output "file" {
  value = terraform_data.file.output
}
