# A repository for each stage's image.

locals {
  stages = toset(["extractor", "reporter", "transformer"])
}

resource "aws_ecr_repository" "this" {
  #checkov:skip=CKV_AWS_136:AWS' own key encrypts them; the images hold no secret
  for_each             = local.stages
  name                 = "${local.prefix}/${each.key}"
  image_tag_mutability = "IMMUTABLE"
  force_delete         = true # images can be built again

  image_scanning_configuration {
    scan_on_push = true
  }
}

resource "aws_ecr_lifecycle_policy" "this" {
  for_each   = local.stages
  repository = aws_ecr_repository.this[each.key].name
  policy = jsonencode({
    rules = [{
      rulePriority = 1
      description  = "Keep the last 20 images"
      selection    = { tagStatus = "any", countType = "imageCountMoreThan", countNumber = 20 }
      action       = { type = "expire" }
    }]
  })
}

# A digest that is not there ends the plan, before anything is changed.
data "aws_ecr_image" "this" {
  for_each        = var.image_digests
  repository_name = aws_ecr_repository.this[each.key].name
  image_digest    = each.value
}
