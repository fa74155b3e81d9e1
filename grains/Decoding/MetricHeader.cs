using System.Buffers.Binary;
using System.IO.Hashing;

namespace OtelOrleans.Grains.Decoding;

/// <summary>What all data points of a metric share.</summary>
internal ref struct MetricHeader
{
    public ResourceEntry Resource;
    public ScopeEntry Scope;
    public MetricType Type;

    /// <summary>An <c>AggregationTemporality</c>, of this or a later version of OTLP.</summary>
    public int Temporality;

    public bool IsMonotonic;
    public ReadOnlySpan<byte> Name;
    public ReadOnlySpan<byte> Unit;
    public ReadOnlySpan<byte> Description;

    /// <summary>Metadata fields of the <c>Metric</c>, and nothing else; empty if there are none.</summary>
    public ReadOnlySpan<byte> Metadata;

    /// <summary><see cref="Metadata"/> as rows have it.</summary>
    public MetricMetadata MetadataRow;

    /// <summary>
    /// Of everything that, with a data point's attributes, is in the row of a series. Description and metadata are, though they make no other series: so metadata that is not
    /// protobuf is met whenever it comes, whatever was cached before.
    /// </summary>
    public UInt128 Hash;

    /// <summary>Bytes of everything that comes from the metric itself.</summary>
    public readonly int Length => Name.Length + Unit.Length + Description.Length + Metadata.Length;

    /// <summary>Computes <see cref="Hash"/>.</summary>
    /// <param name="hasher">Scratch.</param>
    public void ComputeHash(XxHash128 hasher)
    {
        Span<byte> numbers = stackalloc byte[40];
        BinaryPrimitives.WriteInt64LittleEndian(numbers, Resource.Id);
        BinaryPrimitives.WriteInt64LittleEndian(numbers[8..], Scope.Id);
        BinaryPrimitives.WriteInt32LittleEndian(numbers[16..], Temporality);
        BinaryPrimitives.WriteInt32LittleEndian(numbers[20..], (int)Type << 1 | (IsMonotonic ? 1 : 0));
        BinaryPrimitives.WriteInt32LittleEndian(numbers[24..], Name.Length);
        BinaryPrimitives.WriteInt32LittleEndian(numbers[28..], Unit.Length);
        BinaryPrimitives.WriteInt32LittleEndian(numbers[32..], Description.Length);
        BinaryPrimitives.WriteInt32LittleEndian(numbers[36..], Metadata.Length);
        hasher.Reset();
        hasher.Append(numbers);
        hasher.Append(Name);
        hasher.Append(Unit);
        hasher.Append(Description);
        hasher.Append(Metadata);
        Hash = hasher.GetCurrentHashAsUInt128();
    }
}
