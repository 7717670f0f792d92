"""What browsers, load balancers and Prometheus read of the running bot, over HTTP. Nothing here reads a status page."""
