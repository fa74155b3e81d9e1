using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;

namespace OtelOrleans.Tests.Torture;

/// <summary>
/// One connection through the proxy. What the client sends is read message by message (PostgreSQL's protocol 3: a letter, four bytes of length that count themselves), what the
/// server answers is passed on as it comes.
/// </summary>
internal sealed class ProxyConnection(PostgresProxy proxy, TcpClient client) : IDisposable
{
    private readonly TcpClient _server = new();
    private bool _isStarted;
    private bool _isWriter;
    private bool _movesLedger;
    private volatile bool _isDeaf;

    public async Task RunAsync(int serverPort)
    {
        await _server.ConnectAsync(IPAddress.Loopback, serverPort);
        (client.NoDelay, _server.NoDelay) = (true, true);
        await Task.WhenAny(PassUpAsync(), PassDownAsync());
    }

    /// <summary>Ends it with a reset, as a crash of a firewall or of a machine would.</summary>
    public void Cut()
    {
        client.Client?.Close(0);
        _server.Client?.Close(0);
    }

    public void Dispose()
    {
        client.Dispose();
        _server.Dispose();
    }

    private async Task PassUpAsync()
    {
        var server = _server.GetStream();
        var reader = PipeReader.Create(client.GetStream(), new StreamPipeReaderOptions(bufferSize: 64 << 10));
        while (true)
        {
            var read = await reader.ReadAsync();
            var (pass, cut) = Look(read.Buffer);
            foreach (var segment in read.Buffer.Slice(0, pass))
            {
                await server.WriteAsync(segment);
            }

            if (cut)
            {
                Cut();
            }

            if (cut || read.IsCompleted)
            {
                return;
            }

            reader.AdvanceTo(read.Buffer.GetPosition(pass), read.Buffer.End);
        }
    }

    private async Task PassDownAsync()
    {
        var (server, back) = (_server.GetStream(), client.GetStream());
        var buffer = new byte[16 << 10];
        while (await server.ReadAsync(buffer) is > 0 and var read)
        {
            if (_isDeaf)
            {
                // The answer to COMMIT is here, so it is done.
                Cut();
                return;
            }

            await back.WriteAsync(buffer.AsMemory(0, read));
        }
    }

    /// <summary>How many bytes may be passed on (whole messages, unless the cut is inside one), and whether the connection is cut behind them.</summary>
    private (long Pass, bool Cut) Look(ReadOnlySequence<byte> bytes)
    {
        long pass = 0;
        while (Length(bytes.Slice(pass)) is { } length && length <= bytes.Length - pass)
        {
            var message = bytes.Slice(pass, length);
            switch (message.FirstSpan[0])
            {
                case var _ when !_isStarted:
                    // A request for TLS comes before the start message; the server refuses it, and the client goes on.
                    (_isStarted, _isWriter) = (length > 8, Contains(message, "otelorleans-writer"u8));
                    break;
                case (byte)'P' when _isWriter:
                    _movesLedger |= Contains(message, "otel.ingest_ledger"u8);
                    break;
                case (byte)'d' when _movesLedger && proxy.Claim(CutPoint.MidCopy):
                    return (pass + (length / 2), true);
                case (byte)'Q' when _movesLedger && Contains(message, "COMMIT\0"u8):
                    _movesLedger = false;
                    if (proxy.Claim(CutPoint.BeforeCommit))
                    {
                        return (pass, true);
                    }

                    _isDeaf = proxy.Claim(CutPoint.AfterCommit);
                    break;
            }

            pass += length;
        }

        return (pass, false);
    }

    /// <summary>Bytes of the message that begins here; null if too little of it is there.</summary>
    private long? Length(ReadOnlySequence<byte> bytes)
    {
        var letters = _isStarted ? 1 : 0;
        if (bytes.Length < letters + 4)
        {
            return null;
        }

        Span<byte> length = stackalloc byte[4];
        bytes.Slice(letters, 4).CopyTo(length);
        return letters + BinaryPrimitives.ReadInt32BigEndian(length);
    }

    private static bool Contains(ReadOnlySequence<byte> message, ReadOnlySpan<byte> words) => message.ToArray().AsSpan().IndexOf(words) >= 0;
}
