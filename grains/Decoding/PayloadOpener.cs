using System.Buffers;
using System.IO.Compression;
using System.Runtime.InteropServices;
using K4os.Compression.LZ4.Streams;
using OtelOrleans.GrainInterfaces;
using ZstdSharp;
using ZstdSharp.Unsafe;

namespace OtelOrleans.Grains.Decoding;

/// <summary>
/// From the value of a Kafka record to the payload in it: checks its size, decompresses it if it is compressed, within the limits of <see cref="DecodingOptions"/>.
/// Belongs to one decoder: not thread safe, its buffer is reused. A value that is not compressed is handed out as it is and costs nothing.
/// </summary>
internal sealed class PayloadOpener(DecodingOptions options) : IDisposable
{
    /// <summary>The compression ratio counts from here: a payload that is small when decompressed may shrink to anything.</summary>
    public const int FreeBytes = 1 << 20;

    // A frame may ask for a window that is no part of the output. RFC 9659 has senders stay within 8 MiB; more is only granted if as much output would be.
    private const int LeastWindowLog = 23;
    private const int MostWindowLog = 27;

    private readonly BoundedBuffer _buffer = new();
    private Decompressor? _zstd;

    /// <summary>Size of the buffer: what it costs.</summary>
    public int BufferBytes => _buffer.Capacity;

    /// <summary>The payload. Valid until the next one is opened.</summary>
    /// <param name="record">The record; its value is not empty.</param>
    /// <param name="topic">Its topic.</param>
    /// <exception cref="RefusedPayloadException">The value is too large, is compressed in an unknown way or not what it says it is.</exception>
    public ReadOnlySpan<byte> Open(in PayloadRecord record, string topic)
    {
        if (record.Value.Length > options.MaxPayloadBytes)
        {
            throw new RefusedPayloadException(
                DeadLetterReason.PayloadTooLarge, $"The value has {record.Value.Length:N0} bytes, {options.MaxPayloadBytes:N0} are allowed: see {nameof(DecodingOptions.MaxPayloadBytes)}.");
        }

        var encoding = EncodingOf(record, topic);
        if (encoding == PayloadEncoding.Identity)
        {
            return record.Value.Span;
        }

        _buffer.Begin((int)Math.Min(options.MaxDecompressedBytes, FreeBytes + (long)options.MaxCompressionRatio * record.Value.Length));
        try
        {
            Decompress(encoding, record.Value);
        }
        catch (Exception e) when (IsRefusal(encoding, e))
        {
            throw new RefusedPayloadException(DeadLetterReason.DecompressionFailed, $"The value is not whole, or not {encoding.ToString().ToLowerInvariant()}: {e.Message}", e);
        }

        return _buffer.Written;
    }

    /// <summary>The chunk has ended: gives back what a giant payload took.</summary>
    public void Clear() => _buffer.Clear();

    /// <inheritdoc/>
    public void Dispose() => _zstd?.Dispose();

    private PayloadEncoding EncodingOf(in PayloadRecord record, string topic)
    {
        // What the sender says beats what the operator says, and that what the bytes look like.
        var name = record.ContentEncoding;
        if (name is null && (options.ContentEncodings.Count == 0 || !options.ContentEncodings.TryGetValue(topic, out name)))
        {
            return PayloadEncodings.Of(record.Value.Span);
        }

        // Whatever a header holds: the text must be one that Postgres takes.
        return PayloadEncodings.Parse(name!) ?? throw new RefusedPayloadException(
            DeadLetterReason.UnknownEncoding, $"The header content-encoding says '{name!.Replace('\0', '\uFFFD')}'; known are {string.Join(", ", PayloadEncodings.Names)}.");
    }

    // What a codec's library throws at data that is none of its own.
    private static bool IsRefusal(PayloadEncoding encoding, Exception e) => encoding switch
    {
        PayloadEncoding.Zstd => e is ZstdException or InvalidDataException,
        PayloadEncoding.Lz4 => e is InvalidDataException or EndOfStreamException or InvalidOperationException or ArgumentException or NotSupportedException or NotImplementedException,
        _ => e is InvalidDataException,
    };

    private void Decompress(PayloadEncoding encoding, ReadOnlyMemory<byte> value)
    {
        switch (encoding)
        {
            case PayloadEncoding.Gzip:
                ExpectGzip(value.Span);
                using (var gzip = new GZipStream(Reading(value), CompressionMode.Decompress))
                {
                    ReadAll(gzip);
                }

                DeflateTrailer.CheckGzip(value.Span, _buffer.Written);
                break;
            case PayloadEncoding.Zlib:
                using (var zlib = new ZLibStream(Reading(value), CompressionMode.Decompress))
                {
                    ReadAll(zlib);
                }

                DeflateTrailer.CheckZlib(value.Span, _buffer.Written);
                break;
            case PayloadEncoding.Zstd:
                DecompressZstd(value.Span);
                break;
            case PayloadEncoding.Snappy or PayloadEncoding.SnappyFramed:
                SnappyFormats.Decompress(value.Span, encoding == PayloadEncoding.SnappyFramed, _buffer);
                break;
            default:
                DecompressLz4(value);
                break;
        }
    }

    private static MemoryStream Reading(ReadOnlyMemory<byte> value) =>
        MemoryMarshal.TryGetArray(value, out var array) ? new(array.Array!, array.Offset, array.Count, writable: false) : new(value.ToArray(), writable: false);

    private void ReadAll(Stream stream)
    {
        int read;
        while ((read = stream.Read(_buffer.Room())) > 0)
        {
            _buffer.Advance(read);
        }
    }

    // The size stands at the end, and may be anything there if the value is cut off: a hint where it is possible (deflate cannot do better than 1,032 to 1), no verdict.
    private void ExpectGzip(ReadOnlySpan<byte> value)
    {
        var size = DeflateTrailer.GzipSize(value);
        if (size <= Math.Min(options.MaxDecompressedBytes, 1032L * value.Length) && size <= FreeBytes + (long)options.MaxCompressionRatio * value.Length)
        {
            _buffer.Expect(size);
        }
    }

    private void DecompressZstd(ReadOnlySpan<byte> rest)
    {
        var maxWindowLog = Math.Clamp(int.Log2(options.MaxDecompressedBytes), LeastWindowLog, MostWindowLog);
        if (_zstd is null)
        {
            _zstd = new Decompressor();
            _zstd.SetParameter(ZSTD_dParameter.ZSTD_d_windowLogMax, maxWindowLog);
        }

        if (ZstdFrame.WindowSize(rest) is { } window && window > 1UL << maxWindowLog)
        {
            // The library would refuse it too, but not say why.
            throw new RefusedPayloadException(
                DeadLetterReason.DecompressionLimit, $"The zstd frame wants a window of {window:N0} bytes, {1 << maxWindowLog:N0} are granted: see {nameof(DecodingOptions.MaxDecompressedBytes)}.");
        }

        if (ZstdFrame.ContentSize(rest) is { } size)
        {
            _buffer.Expect(size);
        }

        _zstd.ResetStream();
        while (true)
        {
            var status = _zstd.UnwrapStream(rest, _buffer.Room(), out var consumed, out var written);
            if (status == OperationStatus.InvalidData)
            {
                throw new InvalidDataException("it is damaged.");
            }

            rest = rest[consumed..];
            _buffer.Advance(written);
            if (status == OperationStatus.Done && rest.IsEmpty)
            {
                return;
            }

            if (consumed == 0 && written == 0)
            {
                throw new InvalidDataException("it ends within a frame.");
            }
        }
    }

    private void DecompressLz4(ReadOnlyMemory<byte> value)
    {
        using var source = Reading(value);
        while (source.Position < source.Length)
        {
            using var frame = LZ4Frame.Decode(source, leaveOpen: true);
            var start = _buffer.Length;
            frame.OpenFrame();
            var length = frame.GetFrameLength();
            if (length is { } expected)
            {
                _buffer.Expect((ulong)expected);
            }

            int read;
            while ((read = frame.ReadManyBytes(_buffer.Room())) > 0)
            {
                _buffer.Advance(read);
            }

            if (length is { } said && said != _buffer.Length - start)
            {
                throw new InvalidDataException("a frame does not have the size that it says.");
            }
        }
    }
}
