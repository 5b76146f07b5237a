module "role" {
  source   = "./role"
  for_each = toset(["a", "b"])
  name     = "app-${each.key}"
  key      = aws_kms_key.shared.arn
  bucket   = "data-${each.key}"
}

resource "aws_kms_key" "shared" {
  enable_key_rotation = true
}
