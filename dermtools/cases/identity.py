"""What makes two embeddings comparable: the identity that an embedder has and a case base keeps."""

from pydantic import BaseModel, ConfigDict, Field


class EmbedderIdentity(BaseModel):
    """What makes two embeddings comparable. Vectors of different identities never meet in a search."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(description="the model, e.g. `descriptor`, `onnx:mobilenet_v1_1024`")
    revision: str = Field(description="weights: a version or a content hash, never a path")
    preprocessing: str = Field(description="id of everything done to the pixels before the model")
    dimension: int = Field(gt=0)
    """Numbers in a vector."""
    normalized: bool = Field(description="whether every vector has Euclidean norm 1")

    def __str__(self) -> str:
        return f"{self.name} ({self.dimension}-d, revision {self.revision}, preprocessing {self.preprocessing})"
