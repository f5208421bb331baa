# The shop itself: a function with an address that everybody may open.

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

data "terraform_remote_state" "data" {
  backend = var.cairn_state.data.backend
  config  = var.cairn_state.data.config
}

data "terraform_remote_state" "release" {
  backend = var.cairn_state.release.backend
  config  = var.cairn_state.release.config
}

locals {
  data    = data.terraform_remote_state.data.outputs
  release = data.terraform_remote_state.release.outputs
}

resource "aws_lambda_function" "shop" {
  function_name = var.shop
  role          = aws_iam_role.shop.arn
  runtime       = "nodejs22.x"
  architectures = ["arm64"]
  handler       = "shop.handler"
  memory_size   = 256
  timeout       = 10

  s3_bucket = local.release.bucket
  s3_key    = local.release.key

  environment {
    variables = {
      SHOP_TABLE   = local.data.table
      SHOP_RELEASE = local.release.name
    }
  }

  depends_on = [aws_cloudwatch_log_group.shop]
}

resource "aws_cloudwatch_log_group" "shop" {
  name              = "/aws/lambda/${var.shop}"
  retention_in_days = 30
}
