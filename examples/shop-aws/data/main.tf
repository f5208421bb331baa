# What outlives every deployment: the orders.

terraform {
  required_version = ">= 1.4"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.79"
    }
  }
}

provider "aws" {
  region = var.region
}

resource "aws_dynamodb_table" "orders" {
  name         = "${var.shop}-orders"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "shop"
  range_key    = "at"

  attribute {
    name = "shop"
    type = "S"
  }

  attribute {
    name = "at"
    type = "S"
  }

  point_in_time_recovery {
    enabled = true
  }
}
