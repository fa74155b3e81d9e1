using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Confluent.Kafka;

namespace OtelOrleans.Silo.Demo;

/// <summary>
/// A Kafka cluster inside this process, on loopback: librdkafka's mock cluster. For trying out and for tests; other processes can connect to it too.
/// </summary>
/// <remarks>
/// What it is not: it keeps 5 MiB of stored bytes per partition and drops what is older without a word, loses any message over 5 MiB, and forgets everything
/// when it is disposed. Its ports are chosen by the system. An empty fetch sleeps the whole <c>fetch.wait.max.ms</c>: give consumers 5–20 ms there.
/// </remarks>
internal sealed class EmbeddedKafka : IDisposable
{
    /// <summary>All brokers, where a broker id is asked for.</summary>
    public const int AllBrokers = -1;

    private readonly HeldPorts _held = new();
    private readonly HashSet<int> _down = [];
    private IntPtr _client;
    private IntPtr _cluster;

    /// <summary>Starts a cluster; its brokers have the ids 1 to <paramref name="brokers"/>.</summary>
    /// <exception cref="InvalidOperationException">librdkafka refused; the message carries its reason.</exception>
    /// <exception cref="DllNotFoundException">No build of librdkafka for this machine could be loaded.</exception>
    public EmbeddedKafka(int brokers = 1)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(brokers, 1);
        _client = NewClient();
        _cluster = MockKafka.NewCluster(_client, brokers);
        if (_cluster == IntPtr.Zero)
        {
            MockKafka.DestroyClient(_client);
            throw new InvalidOperationException($"librdkafka could not start a mock cluster of {brokers} broker(s)");
        }

        BootstrapServers = Marshal.PtrToStringUTF8(MockKafka.Bootstraps(_cluster))!;
    }

    /// <summary>The brokers' addresses, <c>host:port,host:port…</c>, as a client's <c>bootstrap.servers</c> wants them.</summary>
    public string BootstrapServers { get; }

    /// <summary>Creates a topic. (One that nobody created appears with 4 partitions when a client first asks for it.)</summary>
    public void CreateTopic(string name, int partitions) => Check(MockKafka.CreateTopic(Cluster, name, partitions, replicas: 1), $"create topic {name}");

    /// <summary>The next requests of this kind fail, one error each, in order. Apache Kafka's protocol gives the keys: 0 Produce, 1 Fetch, 3 Metadata …</summary>
    /// <remarks><see cref="ErrorCode.Local_Transport"/> drops the connection instead of answering.</remarks>
    public void PushErrors(short apiKey, params ErrorCode[] errors) => MockKafka.PushErrors(Cluster, apiKey, (UIntPtr)errors.Length, errors);

    /// <summary>Forgets the errors that <see cref="PushErrors"/> left for this kind of request.</summary>
    public void ClearErrors(short apiKey) => MockKafka.ClearErrors(Cluster, apiKey);

    /// <summary>Drops a broker's connections and takes no new ones, without moving its partitions to another.</summary>
    public void TakeDown(int broker = AllBrokers)
    {
        Check(MockKafka.SetDown(Cluster, broker), $"take down broker {broker}");
        foreach (var port in Ports(broker))
        {
            _down.Add(port);
            _held.TryHold(port);
        }
    }

    /// <summary>Lets a broker answer again; what it had stored is still there.</summary>
    /// <exception cref="InvalidOperationException">Somebody took its port in the moment between going down and holding it.</exception>
    public void BringUp(int broker = AllBrokers)
    {
        foreach (var port in Ports(broker))
        {
            if (_down.Contains(port) && !_held.TryHold(port))
            {
                throw new InvalidOperationException($"Broker {broker} cannot come up: its port {port} was taken meanwhile");
            }
        }

        Check(MockKafka.SetUp(Cluster, broker), $"bring up broker {broker}");
        foreach (var port in Ports(broker))
        {
            _down.Remove(port);
            _held.Release(port);
        }
    }

    /// <summary>Delays each answer of a broker.</summary>
    public void SetRoundTrip(TimeSpan delay, int broker = AllBrokers) =>
        Check(MockKafka.SetRoundTrip(Cluster, broker, (int)delay.TotalMilliseconds), $"delay broker {broker}");

    /// <summary>Moves a partition to another broker.</summary>
    public void SetLeader(string topic, int partition, int broker) =>
        Check(MockKafka.SetLeader(Cluster, topic, partition, broker), $"move {topic} [{partition}] to broker {broker}");

    /// <summary>Removes the records before an offset, as retention does.</summary>
    public void DeleteRecords(string topic, int partition, long beforeOffset) =>
        Check(MockKafka.DeleteRecords(Cluster, topic, partition, beforeOffset), $"delete records of {topic} [{partition}] before {beforeOffset}");

    /// <summary>Stops the brokers and forgets their records.</summary>
    public void Dispose()
    {
        var stopping = Interlocked.Exchange(ref _cluster, IntPtr.Zero);
        if (stopping == IntPtr.Zero)
        {
            return;
        }

        _held.Dispose();
        MockKafka.DestroyCluster(stopping);
        MockKafka.DestroyClient(_client);
        _client = IntPtr.Zero;
    }

    /// <summary>The ports of one broker (the list of addresses is in the order of their ids), or of all.</summary>
    private IEnumerable<int> Ports(int broker) => BootstrapServers.Split(',')
        .Where((_, i) => broker is AllBrokers || broker == i + 1)
        .Select(address => int.Parse(address.AsSpan(address.LastIndexOf(':') + 1), CultureInfo.InvariantCulture));

    private IntPtr Cluster
    {
        get
        {
            ObjectDisposedException.ThrowIf(_cluster == IntPtr.Zero, this);
            return _cluster;
        }
    }

    /// <summary>The cluster hangs on a client handle, for its timers and its log; that client itself never connects anywhere.</summary>
    private static IntPtr NewClient()
    {
        var error = new byte[512];
        var conf = MockKafka.NewConf();

        // Only errors: the mock brokers tell of every lost connection otherwise, on the process's stderr.
        if (MockKafka.SetConf(conf, "log_level", "3", error, (UIntPtr)error.Length) != 0)
        {
            MockKafka.DestroyConf(conf);
            throw new InvalidOperationException($"librdkafka refused a setting: {Text(error)}");
        }

        var created = MockKafka.NewClient(MockKafka.Producer, conf, error, (UIntPtr)error.Length);
        if (created == IntPtr.Zero)
        {
            MockKafka.DestroyConf(conf);
            throw new InvalidOperationException($"librdkafka could not make a client for the mock cluster: {Text(error)}");
        }

        return created;
    }

    private static void Check(ErrorCode code, string what)
    {
        if (code != ErrorCode.NoError)
        {
            throw new InvalidOperationException($"The embedded Kafka could not {what}: {new Error(code).Reason}");
        }
    }

    private static string Text(byte[] error) => Encoding.UTF8.GetString(error.AsSpan(0, Math.Max(0, error.AsSpan().IndexOf((byte)0))));
}
