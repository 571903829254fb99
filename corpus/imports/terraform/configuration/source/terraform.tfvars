services = {
  intake  = { actions = ["s3:PutObject"] }
  reports = { actions = ["s3:GetObject"], public = true }
}
