// TextEmbedding
