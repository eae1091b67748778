"""What trains a recipe in engines that there are: a Kubernetes Job, and Ray Train."""
