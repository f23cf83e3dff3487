environment      = "prod"
schedule_enabled = true
sizes = {
  extractor   = { cpu = 256, memory = 512 }
  transformer = { cpu = 2048, memory = 8192 }
  reporter    = { cpu = 512, memory = 2048 }
}
