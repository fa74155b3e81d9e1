namespace OtelOrleans.GrainInterfaces;

/// <summary>Decodes the chunks of the streams in <see cref="StreamNamespace"/>. Fed by the stream provider, not called.</summary>
[Alias("otelorleans.IDecoderGrain")]
public interface IDecoderGrain : IGrainWithStringKey
{
    /// <summary>One stream per topic-partition, keyed <c>topic/partition</c>.</summary>
    public const string StreamNamespace = "otlp";
}
