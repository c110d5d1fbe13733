#!/bin/sh
# Takes the image and the settings of .env.production into service. Fails where not everything is healthy within two minutes.
set -eu
cd "$(dirname "$0")/.."

compose() {
    docker compose --env-file .env.production -f docker-compose.yml -f docker-compose.production.yml "$@"
}

compose pull
compose up -d --no-build --remove-orphans --wait --wait-timeout 120
# A changed configuration is no changed container.
compose exec -T nginx nginx -t -c /etc/nginx/notifier/nginx.conf
compose kill -s HUP nginx
