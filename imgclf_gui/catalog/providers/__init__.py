"""Who answers requests about images, and who trains custom models: one file is one provider."""
