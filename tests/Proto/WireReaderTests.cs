using CsCheck;
using Google.Protobuf;
using OtelOrleans.Proto;

namespace OtelOrleans.Tests.Proto;

/// <summary>Google.Protobuf writes, our reader reads.</summary>
public sealed class WireReaderTests
{
    [Fact]
    public void Varints_of_any_size_are_read() => Gen.ULong.Sample(value =>
    {
        var bytes = Written(o => o.WriteUInt64(value));
        var reader = new WireReader(bytes);
        Assert.Equal(value, reader.ReadVarint());
        Assert.True(reader.AtEnd);
    });

    [Fact]
    public void Varints_and_lengths_may_be_padded() => Gen.Select(Gen.Int[0, 200], Gen.Int[0, 7]).Sample((length, padding) =>
    {
        var content = new byte[length];
        byte[] bytes = [.. Padded((ulong)length, padding), .. content, .. Padded((ulong)length, padding), 7];
        var reader = new WireReader(bytes);
        Assert.Equal(content, reader.ReadBytes().ToArray());
        Assert.Equal((ulong)length, reader.ReadVarint());
        Assert.Equal(7ul, reader.ReadVarint());
    });

    [Fact]
    public void Signed_numbers_are_read() => Gen.Int.Sample(value =>
    {
        var reader = new WireReader(Written(o => o.WriteSInt32(value)));
        Assert.Equal(value, reader.ReadSInt32());
        reader = new WireReader(Written(o => o.WriteInt32(value)));
        Assert.Equal((uint)value, reader.ReadUInt32());
    });

    [Fact]
    public void Fixed_numbers_are_read() => Gen.Select(Gen.ULong, Gen.UInt).Sample((a, b) =>
    {
        var reader = new WireReader(Written(o =>
        {
            o.WriteFixed64(a);
            o.WriteFixed32(b);
        }));
        Assert.Equal(a, reader.ReadFixed64());
        Assert.Equal(b, reader.ReadFixed32());
        Assert.True(reader.AtEnd);
    });

    [Fact]
    public void Tags_of_any_field_number_are_read() => Gen.Select(Gen.Int[1, (1 << 29) - 1], Gen.Int[0, 5]).Sample((number, type) =>
    {
        var reader = new WireReader(Written(o => o.WriteTag(number, (WireFormat.WireType)type)));
        Assert.Equal((uint)number << 3 | (uint)type, reader.ReadTag());
    });

    [Theory]
    [InlineData(new byte[] { 0x08, 0xFF, 0x01 })]
    [InlineData(new byte[] { 0x09, 1, 2, 3, 4, 5, 6, 7, 8 })]
    [InlineData(new byte[] { 0x0A, 2, 1, 2 })]
    [InlineData(new byte[] { 0x0D, 1, 2, 3, 4 })]
    [InlineData(new byte[] { 0x0B, 0x08, 1, 0x13, 0x0A, 1, 9, 0x14, 0x0C })]
    public void Unknown_fields_are_stepped_over_and_refused_when_cut(byte[] field)
    {
        var reader = new WireReader(field);
        reader.Skip(reader.ReadTag());
        Assert.Equal(field.Length, reader.Position);
        for (var length = 1; length < field.Length; length++)
        {
            Assert.Throws<MalformedPayloadException>(() => SkipAll(field[..length]));
        }
    }

    [Theory]
    [InlineData(new byte[] { 0x02, 0 }, "field number 0")]
    [InlineData(new byte[] { 0x0E }, "wire type 6")]
    [InlineData(new byte[] { 0x0F }, "wire type 7")]
    [InlineData(new byte[] { 0x0C }, "an end without a group")]
    [InlineData(new byte[] { 0x0B, 0x14 }, "an end of another group")]
    [InlineData(new byte[] { 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01, 0 }, "a tag beyond 32 bits")]
    [InlineData(new byte[] { 0x08, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01 }, "an integer of 11 bytes")]
    [InlineData(new byte[] { 0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0x07 }, "a length of 2^31-1")]
    [InlineData(new byte[] { 0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F }, "a length of 2^32-1")]
    public void What_is_not_protobuf_is_refused(byte[] bytes, string what)
    {
        Assert.Throws<MalformedPayloadException>(() => SkipAll(bytes));
        Assert.ThrowsAny<Exception>(() => OracleSkipAll(bytes));
        Assert.NotEmpty(what);
    }

    // Google.Protobuf takes the low 32 bits, here 0, and goes on: nothing that a sender could have meant.
    [Fact]
    public void A_length_beyond_63_bits_is_refused() =>
        Assert.Throws<MalformedPayloadException>(() => SkipAll([0x0A, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01]));

    [Fact]
    public void Groups_that_would_exhaust_the_stack_are_refused() =>
        Assert.Throws<MalformedPayloadException>(() => SkipAll([.. Enumerable.Repeat((byte)0x0B, 100_000)]));

    [Fact]
    public void Whatever_the_bytes_nothing_else_is_thrown() => Gen.Byte.Array[0, 40].Sample(
        bytes =>
        {
            try
            {
                SkipAll(bytes);
            }
            catch (MalformedPayloadException)
            {
            }
        },
        iter: 50_000);

    private static void SkipAll(byte[] bytes)
    {
        var reader = new WireReader(bytes);
        while (!reader.AtEnd)
        {
            reader.Skip(reader.ReadTag());
        }
    }

    // Status has no field 1: all is unknown to it.
    private static void OracleSkipAll(byte[] bytes) => OpenTelemetry.Proto.Trace.V1.Status.Parser.ParseFrom(bytes);

    private static byte[] Written(Action<CodedOutputStream> write)
    {
        using var stream = new MemoryStream();
        using (var output = new CodedOutputStream(stream))
        {
            write(output);
        }

        return stream.ToArray();
    }

    private static byte[] Padded(ulong value, int padding)
    {
        List<byte> bytes = [];
        while (value >= 0x80)
        {
            bytes.Add((byte)(value | 0x80));
            value >>= 7;
        }

        bytes.Add((byte)value);
        for (var i = 0; i < padding; i++)
        {
            bytes[^1] |= 0x80;
            bytes.Add(0);
        }

        return [.. bytes];
    }
}
