# An Elixir shop on sale day: receipts fall behind, and abandoned carts are never put away.
#
# At 3 a.m.: customers ask where their receipts are; memory and the process count climb although
# the number of visitors does not.
#
# Cause, twice: Shop.Receipts renders one receipt at a time while every Shop.Checkout task casts
# to it; and a Shop.Cart ends at checkout only, so the half of the customers who leave without
# buying leave a process and a Registry row behind.
#
# Where it shows: Shop.Receipts: message_queue_len, with render/2 on its stack. The group
# Shop.Cart.init/1 below Shop.CartSupervisor, and Shop.Carts.KeyPartition0, the table of the
# Registry, which grows beside it.
#
# Ceiling: max_customers customers, then the sale is over (30 000 leave 15 000 carts, about 60 MB).

defmodule Shop do
  @moduledoc "The supervision tree, and the customers who come in through the door."

  def defaults do
    # Customers per second; what a receipt costs; when the sale is over.
    %{rate: 100, receipt_ms: 100, max_customers: 30_000, seed: 1}
  end

  def start(options) do
    options = Map.merge(defaults(), options)

    children = [
      {Registry, keys: :unique, name: Shop.Carts},
      {DynamicSupervisor, name: Shop.CartSupervisor, strategy: :one_for_one},
      {Task.Supervisor, name: Shop.CheckoutSupervisor},
      Shop.Stock,
      {Shop.Receipts, options.receipt_ms},
      :traffic.child(Shop.Door, Map.put(options, :limit, options.max_customers), &visit/1)
    ]

    Supervisor.start_link(children, strategy: :one_for_one, name: Shop.Supervisor)
  end

  defp visit(customer) do
    {:ok, _cart} = DynamicSupervisor.start_child(Shop.CartSupervisor, {Shop.Cart, customer})
    for _ <- 1..3, do: Shop.Cart.add(customer, :rand.uniform(500))

    if :rand.uniform(2) == 1 do
      Task.Supervisor.start_child(Shop.CheckoutSupervisor, Shop.Checkout, :run, [customer])
    end
  end
end

defmodule Shop.Cart do
  @moduledoc "What one customer is about to buy. Ends at checkout, and only there."
  use GenServer, restart: :temporary

  def start_link(customer), do: GenServer.start_link(__MODULE__, customer, name: via(customer))
  def add(customer, article), do: GenServer.cast(via(customer), {:add, article})
  def close(customer), do: GenServer.call(via(customer), :close)

  defp via(customer), do: {:via, Registry, {Shop.Carts, customer}}

  @impl true
  def init(customer), do: {:ok, %{customer: customer, articles: []}}

  @impl true
  def handle_cast({:add, article}, cart) do
    {:noreply, %{cart | articles: [article | cart.articles]}}
  end

  @impl true
  def handle_call(:close, _from, cart), do: {:stop, :normal, cart.articles, cart}
end

defmodule Shop.Stock do
  @moduledoc "How often each article was sold."
  use GenServer

  def start_link(_), do: GenServer.start_link(__MODULE__, :ok, name: __MODULE__)
  def take(articles), do: GenServer.call(__MODULE__, {:take, articles})

  @impl true
  def init(:ok), do: {:ok, %{}}

  @impl true
  def handle_call({:take, articles}, _from, sold) do
    {:reply, :ok, Enum.reduce(articles, sold, fn a, sold -> Map.update(sold, a, 1, &(&1 + 1)) end)}
  end
end

defmodule Shop.Checkout do
  @moduledoc "A task per purchase: closes the cart, takes the goods, orders the receipt."

  def run(customer) do
    articles = Shop.Cart.close(customer)
    :ok = Shop.Stock.take(articles)
    Shop.Receipts.order(customer, articles)
  end
end

defmodule Shop.Receipts do
  @moduledoc "Renders receipts, one at a time, each slower than customers buy."
  use GenServer

  def start_link(cost_ms), do: GenServer.start_link(__MODULE__, cost_ms, name: __MODULE__)
  def order(customer, articles), do: GenServer.cast(__MODULE__, {:render, customer, articles})

  @impl true
  def init(cost_ms), do: {:ok, %{cost_ms: cost_ms, rendered: 0}}

  @impl true
  def handle_cast({:render, _customer, articles}, state) do
    :ok = render(articles, state.cost_ms)
    {:noreply, %{state | rendered: state.rendered + 1}}
  end

  defp render(_articles, cost_ms) do
    Process.sleep(cost_ms)
    :ok
  end
end
