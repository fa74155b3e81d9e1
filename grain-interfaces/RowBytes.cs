using Orleans.Serialization.Buffers;
using Orleans.Serialization.Codecs;
using Orleans.Serialization.WireProtocol;

namespace OtelOrleans.GrainInterfaces;

/// <summary>
/// Encoded rows: the beginning of an array that may be larger, since it comes from a pool and is handed on as it is. Whoever has the rows last gives it back; where that is not known, the
/// collector takes it.
/// </summary>
/// <param name="Array">Not to be changed.</param>
/// <param name="Length">How much of it is rows.</param>
[Immutable]
public readonly record struct RowBytes(byte[] Array, int Length)
{
    /// <summary>The rows.</summary>
    public ReadOnlyMemory<byte> Memory => Array.AsMemory(0, Length);

    /// <summary>The rows.</summary>
    public ReadOnlySpan<byte> Span => Array.AsSpan(0, Length);

    /// <summary>A whole array of rows.</summary>
    public static implicit operator RowBytes(byte[] array) => new(array, array.Length);
}

/// <summary>Sends the rows and nothing of the array behind them: the same bytes as for an array of their size.</summary>
[RegisterSerializer]
internal sealed class RowBytesCodec : IFieldCodec<RowBytes>
{
    void IFieldCodec<RowBytes>.WriteField<TBufferWriter>(ref Writer<TBufferWriter> writer, uint fieldIdDelta, Type? expectedType, RowBytes value)
    {
        ReferenceCodec.MarkValueField(writer.Session);
        writer.WriteFieldHeader(fieldIdDelta, expectedType, typeof(RowBytes), WireType.LengthPrefixed);
        writer.WriteVarUInt32((uint)value.Length);
        writer.Write(value.Span);
    }

    RowBytes IFieldCodec<RowBytes>.ReadValue<TInput>(ref Reader<TInput> reader, Field field)
    {
        ReferenceCodec.MarkValueField(reader.Session);
        field.EnsureWireType(WireType.LengthPrefixed);
        return reader.ReadBytes(reader.ReadVarUInt32());
    }
}
