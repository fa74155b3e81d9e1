using OtelOrleans.GrainInterfaces;

namespace OtelOrleans.Grains.Decoding;

/// <summary>The rows of one service that came out of one chunk.</summary>
/// <param name="ServiceName">The service: the key of the aggregator.</param>
/// <param name="Batch">The rows; <see cref="RowBatch.PreviousOffset"/> is not known to the decoder and set by the session that sends it.</param>
/// <param name="Dimensions">What <see cref="RowBatch.Dimensions"/> holds; to be marked durable once the batch is.</param>
internal sealed record DecodedBatch(string ServiceName, RowBatch Batch, IReadOnlyList<Dimension> Dimensions);
