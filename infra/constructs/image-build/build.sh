# Runs in CodeBuild, beside a Dockerfile. IMAGE is the repository's address, BUILD_ARGS a JSON object.
# Any line that fails ends it: CodeBuild then says which, and CloudFormation is told.
set -euo pipefail
args=()
while IFS= read -r arg; do args+=(--build-arg "$arg"); done \
  < <(jq -r 'to_entries[] | "\(.key)=\(.value)"' <<<"$BUILD_ARGS")
aws ecr get-login-password --region "$AWS_REGION" \
  | docker login --username AWS --password-stdin "${IMAGE%%/*}"
# Lambda takes a plain manifest only, hence no provenance.
docker build --provenance=false "${args[@]}" --tag "$IMAGE:$TAG" .
docker push "$IMAGE:$TAG"
bytes=$(docker image inspect --format '{{.Size}}' "$IMAGE:$TAG")
echo "Size of $IMAGE:$TAG: $((bytes / 1000000)) MB, unpacked"
