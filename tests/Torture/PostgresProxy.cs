using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace OtelOrleans.Tests.Torture;

/// <summary>Stands between silos and Postgres, and cuts connections when it is told to.</summary>
internal sealed class PostgresProxy : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly ConcurrentDictionary<ProxyConnection, bool> _connections = new();
    private readonly int _serverPort;
    private ArmedCut? _armed;

    public PostgresProxy(int serverPort)
    {
        _serverPort = serverPort;
        _listener.Start();
        _ = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Cuts the next connection that writes rows and comes to this point. Returns whether one did before the token was cancelled.</summary>
    public async Task<bool> CutAsync(CutPoint point, CancellationToken ct)
    {
        var cut = new ArmedCut(point);
        Volatile.Write(ref _armed, cut);
        await cut.Done.Task.WaitAsync(ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Interlocked.CompareExchange(ref _armed, null, cut);
        return cut.Done.Task.IsCompletedSuccessfully;
    }

    /// <summary>Cuts all connections at once, those of the membership too.</summary>
    public bool CutAll()
    {
        var any = false;
        foreach (var (connection, _) in _connections)
        {
            connection.Cut();
            any = true;
        }

        return any;
    }

    public void Dispose()
    {
        _listener.Dispose();
        CutAll();
    }

    /// <summary>Whether the connection that has come to this point is to be cut; true for one only.</summary>
    internal bool Claim(CutPoint point)
    {
        var armed = Volatile.Read(ref _armed);
        if (armed?.Point != point || Interlocked.CompareExchange(ref _armed, null, armed) != armed)
        {
            return false;
        }

        armed.Done.SetResult();
        return true;
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                _ = ServeAsync(await _listener.AcceptTcpClientAsync());
            }
        }
        catch (Exception e) when (e is ObjectDisposedException or SocketException)
        {
            // Disposed of.
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using var connection = new ProxyConnection(this, client);
        _connections.TryAdd(connection, true);
        try
        {
            await connection.RunAsync(_serverPort);
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException or InvalidOperationException)
        {
            // Cut, by us or by one of the two.
        }
        finally
        {
            _connections.TryRemove(connection, out _);
        }
    }

    private sealed class ArmedCut(CutPoint point)
    {
        public CutPoint Point => point;

        public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
