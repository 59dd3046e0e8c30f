"""The suite: mirrors the rooms; flows/ holds whole journeys on real parts."""
