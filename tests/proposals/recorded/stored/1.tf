resource "aws_kms_key" "old" {
  description         = "old"
  enable_key_rotation = true
}

resource "aws_s3_bucket" "cdr" {
  bucket = "cdr"
  tags   = { class = "secret" }
  server_side_encryption_configuration {
    rule {
      apply_server_side_encryption_by_default {
        sse_algorithm     = "aws:kms"
        kms_master_key_id = aws_kms_key.old.arn
      }
    }
  }
}

resource "aws_s3_bucket" "gone" {
  bucket = "gone"
}
