output "name" {
  value = var.release_name
}

output "digest" {
  value = var.release_digest
}

output "bucket" {
  value = aws_s3_bucket.releases.id
}

output "key" {
  value = aws_s3_object.program.key
}
