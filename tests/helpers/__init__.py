"""What several tests share: images, strategies, oracles, and how a person drives a viewer."""
