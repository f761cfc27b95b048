"""Invented names for the sample: companies, people, and Tessera's own sellers. None of them is meant to be anyone."""

from __future__ import annotations

import random

_FIRST = """Alderbrook Amberline Birchmoor Bluefinch Bramblewood Brightwater Calderstone Cloverfield Coppergate Dovetail
Eastmarch Elmhurst Fairlight Fernhollow Foxglove Glasswing Goldcrest Granary Harrowgate Hazelden Ironbark
Juniper Kestrel Kingsferry Larkspur Lindenholt Marlowe Millrace Moorland Nettlebed Oakhaven Orchardleaf
Pebblebrook Quillfeather Ravensmoor Redwillow Saltmarsh Silverbirch Starling Stonebridge Summerfold Thistledown
Tilliver Tamarisk Underhill Valewater Waxwing Westerley Whinberry Yarrow"""
_LAST = """Foods Logistics Robotics Insurance Health Energy Textiles Studios Outdoor Learning Travel Biotech Retail
Mobility Finance Publishing Games Aerospace Labs Housing"""
_GIVEN = """Ada Amir Ana Anouk Ben Bruno Carla Chidi Clara Dana Diego Elif Emma Farid Femi Greta Hana Hugo Ida Ines Ivo
Jamal Jana Joon Kai Kofi Lara Leo Lina Luca Maja Marta Mei Milo Nadia Nils Noor Olga Omar Pia Priya Quinn Rafael
Rosa Sami Sara Tariq Tess Uma Viktor Wanda Yara Yusuf Zoe"""
_FAMILY = """Abara Adler Almeida Baptiste Becker Bergstrom Castillo Cho Costa Dahl Desai Eriksen Farouk Fischer Fontaine
Garcia Haddad Halvorsen Ibe Ito Jansen Kaya Kim Kovac Larsen Lindqvist Mensah Moreau Nakamura Novak Okafor
Oliveira Osei Park Petrov Quist Rahman Rossi Sato Schmidt Silva Tanaka Torres Ueda Varga Weber Yilmaz Zhang
Zielinski"""

# Tessera's account team: (e-mail, name, still there).
SELLERS = (
    ("mara.lind@acme.example", "Mara Lind", True),
    ("jonas.pike@acme.example", "Jonas Pike", True),
    ("sofia.reyes@acme.example", "Sofia Reyes", True),
    ("tomasz.wolny@acme.example", "Tomasz Wolny", True),
    ("aisha.conte@acme.example", "Aisha Conte", True),
    ("noah.brandt@acme.example", "Noah Brandt", True),
    ("revops@acme.example", "Revenue Operations", True),
    ("petra.vale@acme.example", "Petra Vale", False),
)


def companies(rng: random.Random, count: int) -> list[str]:
    """So many different company names."""
    every = [f"{first} {last}" for first in _FIRST.split() for last in _LAST.split()]
    return rng.sample(every, count)


def people(rng: random.Random, count: int) -> list[str]:
    """So many names; two colleagues are never called the same."""
    given, family = _GIVEN.split(), _FAMILY.split()
    drawn = rng.sample(range(len(given) * len(family)), count)
    return [f"{given[n % len(given)]} {family[n // len(given)]}" for n in drawn]
