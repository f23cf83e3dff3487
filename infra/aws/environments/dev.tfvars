environment      = "dev"
schedule_enabled = false
