resource "aws_kms_key" "old" {
  description         = "old"
  enable_key_rotation = false
}

resource "aws_kms_key" "new" {
  description         = "new"
  enable_key_rotation = true
  policy              = data.aws_iam_policy_document.key.json
}

resource "aws_kms_alias" "new" {
  name          = "alias/new"
  target_key_id = aws_kms_key.new.key_id
}

data "aws_iam_policy_document" "key" {
  statement {
    actions   = ["kms:*"]
    resources = ["*"]
    principals {
      type        = "AWS"
      identifiers = ["arn:aws:iam::123456789012:root"]
    }
  }
}

resource "aws_s3_bucket" "cdr" {
  bucket = "cdr"
  tags   = { class = "secret" }
  server_side_encryption_configuration {
    rule {
      apply_server_side_encryption_by_default {
        sse_algorithm     = "aws:kms"
        kms_master_key_id = aws_kms_key.new.arn
      }
    }
  }
}

resource "aws_s3_bucket" "plain" {
  bucket = "plain"
}

data "aws_iam_policy_document" "tls" {
  statement {
    effect    = "Deny"
    actions   = ["s3:*"]
    resources = [aws_s3_bucket.plain.arn, "${aws_s3_bucket.plain.arn}/*"]
    principals {
      type        = "*"
      identifiers = ["*"]
    }
    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }
}

resource "aws_s3_bucket_policy" "plain" {
  bucket = aws_s3_bucket.plain.id
  policy = data.aws_iam_policy_document.tls.json
}

resource "aws_s3_bucket_public_access_block" "plain" {
  bucket              = aws_s3_bucket.plain.id
  block_public_acls   = true
  block_public_policy = true
}

resource "aws_db_instance" "billing" {
  identifier          = "billing"
  allocated_storage   = 10
  engine              = "postgres"
  instance_class      = "db.t3.micro"
  username            = "admin1"
  password            = "CANARY-password"
  storage_encrypted   = true
  kms_key_id          = aws_kms_key.new.arn
  skip_final_snapshot = true
}

resource "aws_db_instance" "open" {
  identifier          = "open"
  allocated_storage   = 10
  engine              = "postgres"
  instance_class      = "db.t3.micro"
  username            = "admin1"
  password            = "CANARY-password"
  skip_final_snapshot = true
}

resource "aws_ebs_encryption_by_default" "this" {
  enabled = true
}
