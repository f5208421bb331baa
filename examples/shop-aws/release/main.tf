# The program that is released, as the build made it: one zip in a private bucket.

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

resource "aws_s3_bucket" "releases" {
  bucket_prefix = "${var.shop}-releases-"
  force_destroy = true
}

resource "aws_s3_bucket_public_access_block" "releases" {
  bucket                  = aws_s3_bucket.releases.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_object" "program" {
  bucket         = aws_s3_bucket.releases.id
  key            = "shop-${var.release_digest}.zip"
  content_base64 = var.release_zip
}
